import { clone, create, toBinary } from "@bufbuild/protobuf";
import { CloudInitSchema, isProblem, Reason } from "@limiquantix/api";
import { parseSshKey } from "@limiquantix/kit";
import { describe, expect, test } from "vitest";
import { aesGcmSealer, newSealingKey } from "../../identity/sealer.ts";
import { acceptCloudInit, consumeSecrets, hasSecrets } from "./cloud-init.ts";
import { openSecrets, sealSecrets } from "./sealed-secrets.ts";
import { sha512Crypt } from "./sha512-crypt.ts";

const ed25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKZ0NT3cUpnGPMURR5PpRsYfaUiVCXWIhWyFBEjIDZVS ann@laptop";

describe("sha512-crypt", () => {
  test.each([
    [
      "Hello world!",
      "saltstring",
      "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ],
    [
      "correct horse battery",
      "abcdefghijklmnop",
      "$6$abcdefghijklmnop$rt39N1qx1/IV9N1Jf5nwUgG6t8Znzd69aCkEyydxq/KPdVGwEO3H4uBFCIlTZqoTbUZLsXm2RD5Na5i7F.u2v/",
    ],
    [
      "pässwörd ☂ long xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
      "./09AZaz./09AZaz",
      "$6$./09AZaz./09AZaz$gXQxzWCqeCIOOjF8Daro3spKjfNS4HUnnt43R9ZOpGWWdOdF2rHxFHaNXQf/Urh21e.vyktCVJnKqfpaxXCZz1",
    ],
    [
      "12345678",
      "0123456789abcdef",
      "$6$0123456789abcdef$BpoTOEz5TDNkZyyOC9rxI8sdsfJAYTPjxTDatnvz6se8cAOqBrmRkce8rvnHzGN7dMh/.D2OSxWGtB2.mv1RL0",
    ],
    [
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      "s",
      "$6$s$e/ci9X0P/si6JKhId/bD59PwDCRUXGfXtlmFJBl9WlbG81lQ4/GNHZY264VcCPxDM9r6CfZeIDoPfOHTcfX4A/",
    ],
  ])("%j with salt %s as `openssl passwd -6` has it", (password, salt, hash) => {
    expect(sha512Crypt(password, salt)).toBe(hash);
  });
  test("salts differ", () => {
    const [a, b] = [sha512Crypt("correct horse"), sha512Crypt("correct horse")];
    expect(a).not.toBe(b);
    expect(a).toMatch(/^\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/);
  });
});

describe("SSH keys", () => {
  test.each([
    ["ssh-ed25519", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFcD4RvIrO6r6O7a2m2dq1cJyIyYYvfmM4RCbx+1WUKI test"],
    [
      "ssh-rsa",
      "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC70j+Gu/L4oGrqzauaVj2awnjwciyUesFglxaNd4sthzD7oTTUfOEBAVEsh7YibtFCbO3zFuqyosns8hRkWcqB96Q4DQV847FoZ22XgRtLKMJchla1qi0AwLCnjb112tX9HTyv3dwOGeCe9mtXaVcjhHDVQeXtkBU4Sf8BYGLsYNy7sodvDgMQYohyBNQv4a3RPIgS6AVPC38sYfvEU8dWuzD8HVxoHTTUkVg+JcqFO8IF8y8DS7bEF6ULkBA+WiBNcUrxMkOuUHObWPuntd7vIMO0B7UMSSxlfYhIq0Gxm1X9GE7EVWpBroICS4I4JTBPkuf8rmenWcjGMGPbp5L1 test",
    ],
    [
      "ecdsa-sha2-nistp256",
      "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBDxSRjjRyAiXQzo4XcnP5Fv40NwKoflbSZpC6Q3mHStCIx8Mko3BPET/LzJxFCnHiSQUAE1TtmfKn1wCpz/kYEE= test",
    ],
    [
      "ecdsa-sha2-nistp384",
      "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBMgNxrTN8VZqz3IP84oj9NNblGXRXFWRpfcXXEgLW4U5gO0qXBQYJQyjSVnFd+JpG/AT56/G637Bo4ik5GKyH6wvjPpelw1audtFKOg6FVN+QnaBesjarqtip+DTu+90jA== test",
    ],
    [
      "ecdsa-sha2-nistp521",
      "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBACEg00r1DcNAzOpYWJ1A+0RXfa9qm0spe3bTxDcviag1OxtDT+cgy8wV/pudgNfQ80QMJ12+IjvPLiI4zPsg03U6QGXikOlTc2qTjkNIDQCc5y994hdZe5bOyCGXqgMu1WcSiwBiWHoXEAhPW+WzNIkWWXnvLXAXNTs38eItButyL/JRw== test",
    ],
  ])("takes a %s key made by ssh-keygen, and no shorter one", (type, line) => {
    expect(parseSshKey(line)).toMatchObject({ type });
    const [, body = ""] = line.split(" ");
    for (const cut of [1, 4, 8, 20]) expect(parseSshKey(`${type} ${body.slice(0, -cut)}`)).toHaveProperty("why");
  });

  test.each([
    ["", "is no key type"],
    ["ssh-dss AAAA", "DSA"],
    ["-----BEGIN OPENSSH PRIVATE KEY-----", "private key"],
    [`${ed25519}\n${ed25519}`, "more than one line"],
    [ed25519.replace("ssh-ed25519", "ssh-rsa"), "holds another type"],
    ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKZ0NT3cUpnGPMURR5PpRsYfaUiVCXWIhWyFBEjI", "end of the key is missing"],
    ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKZ0NT3cUpnGPMU!!", "base64"],
    ["__proto__ AAAA", "is no key type"],
    [
      "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQDPcqM8KorFokaPAIqJMgthtd0dUv5idj4L8j00DEgOubH9hSp5joKMkffUnu6TWkxypcX8qPYUzdg2G2+9ICAHbLGuIBlA7hoGUIyOXaAi6aaSOkM55mWsmoy2NRZor7dCVPLK4RWRN6WBsoPmmUOFZ7mbHOHfSuUQTW8rXyEzAQ== w",
      "1024 bits",
    ],
  ])("refuses %j", (line, why) => {
    const parsed = parseSshKey(line);
    expect("why" in parsed ? parsed.why : "").toContain(why);
  });

  test("refuses the same key twice, whatever its comment", () => {
    const twice = create(CloudInitSchema, { sshKeys: [ed25519, `${ed25519}-again`] });
    expect(() => acceptCloudInit(twice)).toThrow("SSH key 2 cannot be used: it is key 1 again");
  });
});

describe("cloud-init", () => {
  test.each([
    [{ password: "short" }, Reason.PASSWORD_TOO_WEAK],
    [{ password: "with\nnewline" }, Reason.PASSWORD_TOO_WEAK],
    [{ userData: "packages: [nginx]" }, Reason.CLOUD_INIT_INVALID],
    [{ userData: "#cloud-config\n- a list" }, Reason.CLOUD_INIT_INVALID],
    [{ userData: "#cloud-config\na: [1" }, Reason.CLOUD_INIT_INVALID],
    [{ userData: "#cloud-config\na: 1\na: 2" }, Reason.CLOUD_INIT_INVALID],
    [{ userData: `#cloud-config\na: &a [1]\nb: [${"*a,".repeat(200)}]` }, Reason.CLOUD_INIT_INVALID],
    [{ networkConfig: "version: 1" }, Reason.CLOUD_INIT_INVALID],
    [{ networkConfig: "network: 7" }, Reason.CLOUD_INIT_INVALID],
  ])("refuses %j", (init, reason) => {
    let thrown: unknown;
    try {
      acceptCloudInit(create(CloudInitSchema, init));
    } catch (error) {
      thrown = error;
    }
    expect(isProblem(thrown, reason)).toBe(true);
  });

  test("keeps the hash in place of the password, and forgets both once consumed", () => {
    const kept = acceptCloudInit(
      create(CloudInitSchema, {
        username: "ann",
        password: "correct horse",
        sshKeys: [` ${ed25519} `],
        userData: "#cloud-config\nruncmd: [reboot]",
        networkConfig: "network:\n  version: 2",
        passwordHash: "$6$chosen$byclient",
        consumed: true,
        waysIn: ["a lie"],
        sealedSecrets: Uint8Array.of(1, 2),
      }),
    );
    expect(kept).toMatchObject({ password: "", consumed: false, sshKeys: [ed25519] });
    expect(kept.passwordHash).toMatch(/^\$6\$/);
    expect(kept.passwordHash).not.toContain("chosen");
    expect(kept.waysIn).toEqual(["password", "1 SSH key", "own user-data"]);
    expect(hasSecrets(kept)).toBe(true);
    expect(kept.sealedSecrets).toHaveLength(0);
    consumeSecrets(kept);
    expect(hasSecrets(kept)).toBe(false);
    expect(kept).toMatchObject({ consumed: true, username: "ann", sshKeys: [ed25519] });
  });
  test("its secrets are sealed for one VM, and opened by the same key alone", () => {
    const secrets = { passwordHash: "$6$salt$hash", userData: "#cloud-config\na: 1", networkConfig: "version: 2" };
    const cloudInit = create(CloudInitSchema, { username: "ann", ...secrets });
    const sealer = aesGcmSealer(newSealingKey());
    sealSecrets(sealer, "1", cloudInit);
    expect(cloudInit).toMatchObject({ username: "ann", passwordHash: "", userData: "", networkConfig: "" });
    expect(new TextDecoder("latin1").decode(toBinary(CloudInitSchema, cloudInit))).not.toMatch(/salt|config|version/);
    expect(hasSecrets(cloudInit)).toBe(true);

    const reasonOf = (open: () => void) => {
      try {
        open();
      } catch (error) {
        return isProblem(error, Reason.GUEST_SECRETS_UNREADABLE) && error.message;
      }
      return "it opened";
    };
    const why = "the password and user-data of VM web-1 cannot be read: they were sealed with another key";
    expect(reasonOf(() => openSecrets(sealer, { id: "2", name: "web-1" }, clone(CloudInitSchema, cloudInit)))).toBe(
      why,
    );
    const other = aesGcmSealer(newSealingKey());
    expect(reasonOf(() => openSecrets(other, { id: "1", name: "web-1" }, clone(CloudInitSchema, cloudInit)))).toBe(why);
    openSecrets(sealer, { id: "1", name: "web-1" }, cloudInit);
    expect(cloudInit).toMatchObject({ username: "ann", ...secrets });
    expect(cloudInit.sealedSecrets).toHaveLength(0);
    openSecrets(other, { id: "1", name: "web-1" }, cloudInit);
    expect(cloudInit).toMatchObject(secrets);
  });

  test("without secrets there is nothing to seal", () => {
    const cloudInit = acceptCloudInit(create(CloudInitSchema, { username: "ann", sshKeys: [ed25519] }));
    sealSecrets(aesGcmSealer(newSealingKey()), "1", cloudInit);
    expect(hasSecrets(cloudInit)).toBe(false);
  });
});
