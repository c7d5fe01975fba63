import { fromConnectError } from "@limiquantix/api";
import { useRouter, type ErrorComponentProps } from "@tanstack/react-router";
import { ProblemPanel } from "../ui/problem.tsx";

/** In the place of a page that failed while it was drawn; what is around it goes on. */
export function PageFailed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const again = () => {
    reset();
    void router.invalidate();
  };
  return <ProblemPanel problem={fromConnectError(error)} retry={again} />;
}
