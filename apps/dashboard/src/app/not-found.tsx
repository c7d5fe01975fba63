import { Link } from "@tanstack/react-router";
import { Empty } from "../ui/states.tsx";

export function NotFound() {
  return (
    <Empty
      title="There is nothing at this address"
      action={
        <Link to="/" className="text-accent underline">
          Go to the overview
        </Link>
      }
    >
      It may have been deleted, or you may not be allowed to see it.
    </Empty>
  );
}
