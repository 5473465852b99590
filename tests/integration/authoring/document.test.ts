import { spawnSync } from "node:child_process";
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Checkout, makeCheckout } from "../../support/checkout";
import { fencedBlocks, sectionOf } from "../../support/markdown";
import { textOf } from "../../support/repository";

const BLOCKS = fencedBlocks(sectionOf(textOf("docs/directives.md"), "From the idea to the lock"));

describe("docs/directives.md, typed from the idea to the lock,", () => {
  let checkout: Checkout;

  beforeAll(async () => {
    checkout = await makeCheckout();
  });
  afterAll(() => {
    checkout.remove();
  });

  /** What a person puts into a file: each block has its place. */
  function put(language: string, text: string): void {
    const at = (file: string): string => join(checkout.folder, "sql", "ad_006", file);
    if (language === "sql") {
      appendFileSync(at("directive.sql"), text);
    } else if (text.startsWith("steps:")) {
      const manifest = readFileSync(at("manifest.yaml"), "utf8");
      writeFileSync(at("manifest.yaml"), manifest.replace(/^steps:[^]*/m, text));
    } else {
      writeFileSync(at("access.yaml"), text);
    }
  }

  /** What each command ended with, and what the document shows that was not printed. */
  function follow(): {
    readonly codes: readonly (number | null)[];
    readonly untold: readonly string[];
  } {
    const codes: (number | null)[] = [];
    const untold: string[] = [];
    let printed = "";
    for (const { language, text } of BLOCKS) {
      if (language === "sh") {
        for (const line of text.split("\n")) {
          const typed = spawnSync("sh", ["-c", line], { cwd: checkout.folder, encoding: "utf8" });
          codes.push(typed.status);
          printed = typed.stdout;
        }
      } else if (language === "text") {
        untold.push(...(printed.includes(text) ? [] : [`${text}\n\nis not in\n\n${printed}`]));
      } else {
        put(language, `${text}\n`);
      }
    }
    return {
      codes,
      untold: [...untold, ...(/lock\.json matches the files/.test(printed) ? [] : [printed])],
    };
  }

  it("ends with a lock that matches the files, and prints what the document shows", () => {
    expect(follow()).toStrictEqual({ codes: [0, 1, 0, 0, 0], untold: [] });
    // Three times eight servers, one after the other when the machine is busy.
  }, 1_200_000);
});
