import type { Verb } from "../verb.ts";
import { collectLabels } from "../../values/labels.ts";
import type { UploadFlags } from "./upload-image.ts";

export const upload: Verb = (command, cli) => {
  command
    .argument("<file>", "a qcow2, raw or ISO file")
    .option("--name <name>", "name of the image (the file's unless told)")
    .option("--pool <pool>", "the pool that keeps the master copy")
    .option("--project <project>", "whose it is (default unless told)")
    .option("--default-user <name>", "the user that its cloud-init makes by itself")
    .option("--visibility <who>", "private: its creator and who may edit its project; project; public: every project")
    .option("--os <name>", "distribution, as in debian-12")
    .option("--arch <name>", "architecture, as in x86_64")
    .option("-l, --label <key=value>", "a label; may be repeated", collectLabels)
    .option("--description <text>", "what it is")
    .option("--no-wait", "return when the file is over, before it is READY")
    .addHelpText("after", "\nAn upload that broke goes on where it stopped: give the same command again.")
    .action(async (file: string, flags: UploadFlags) => {
      const { uploadImage } = await import("./upload-image.ts");
      await uploadImage(cli, file, flags);
    });
};
