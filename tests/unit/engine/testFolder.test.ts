import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { withTestFolder } from "../../../engine/test/testFolder";
import { folderOfTest } from "../../support/folder";

const below = folderOfTest();

describe("the folder of a layer's tests", () => {
  it("lets every account write, as /tmp does, and is deleted with its files", async () => {
    const used = await withTestFolder(below(), (folder) => {
      expect(statSync(folder).mode & 0o7777).toBe(0o1777);
      mkdirSync(join(folder, "a", "b"), { recursive: true });
      writeFileSync(join(folder, "a", "b", "file"), "");
      return Promise.resolve(folder);
    });
    expect(existsSync(used)).toBe(false);
  });

  it("is deleted if the tests cannot start", async () => {
    let used = "";
    const failing = withTestFolder(below(), (folder) => {
      used = folder;
      return Promise.reject(new Error("no jest"));
    });
    await expect(failing).rejects.toThrow("no jest");
    expect(existsSync(used)).toBe(false);
  });

  it("is among the user's temporary folders if memory is short", async () => {
    jest.spyOn(process, "availableMemory").mockReturnValue(2 ** 30);
    const parent = await withTestFolder(below(), (folder) => Promise.resolve(dirname(folder)));
    expect(parent).toBe(below());
    jest.restoreAllMocks();
  });
});
