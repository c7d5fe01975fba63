import { describe, expect, it } from "vitest";
import { backportsStanza, hasSuite, parseAptSources } from "./apt-source.ts";

const deb822 = `# a comment
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
`;

describe("the machine's apt sources", () => {
  it("derives backports from a deb822 file: same mirror, same key", () => {
    expect(backportsStanza(parseAptSources("debian.sources", deb822), "bookworm")).toBe(
      "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm-backports\nComponents: main\n" +
        "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n",
    );
  });

  it("derives backports from a one-line file with options", () => {
    const line = "deb [arch=amd64 signed-by=/k/a.gpg,/k/b.gpg] https://m.example/debian/ bookworm main non-free # x\n";
    expect(backportsStanza(parseAptSources("sources.list", line), "bookworm")).toBe(
      "Types: deb\nURIs: https://m.example/debian/\nSuites: bookworm-backports\nComponents: main\nSigned-By: /k/a.gpg /k/b.gpg\n",
    );
  });

  it("keeps a key that is written into the file", () => {
    const inline =
      "Types: deb\nURIs: http://m\nSuites: bookworm\nComponents: main\nSigned-By:\n -----BEGIN\n .\n abc\n";
    expect(backportsStanza(parseAptSources("x.sources", inline), "bookworm")).toContain(
      "Signed-By: \n -----BEGIN\n .\n abc\n",
    );
  });

  it("ignores comments, source packages, disabled stanzas and other releases", () => {
    const lines = "# deb http://m bookworm main\ndeb-src http://m bookworm main\ndeb http://m trixie main\n";
    expect(backportsStanza(parseAptSources("sources.list", lines), "bookworm")).toBeUndefined();
    const disabled = "Enabled: no\nTypes: deb\nURIs: http://m\nSuites: bookworm\nComponents: main\n";
    expect(parseAptSources("x.sources", disabled)).toEqual([]);
  });

  it("sees that backports are there already", () => {
    const sources = parseAptSources("sources.list", "deb http://m bookworm-backports main\n");
    expect(hasSuite(sources, "bookworm-backports")).toBe(true);
    expect(hasSuite(sources, "bookworm")).toBe(false);
  });
});
