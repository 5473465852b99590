import { textOf } from "../../support/repository";

type Versions = Readonly<Record<string, string>>;
interface Package {
  readonly version: string;
  readonly dependencies: Versions;
  readonly devDependencies: Versions;
}
interface Lockfile {
  readonly version: string;
  readonly packages: Readonly<Record<string, Partial<Package> & { readonly integrity?: string }>>;
}

const manifest = JSON.parse(textOf("package.json")) as Package;
const lockfile = JSON.parse(textOf("package-lock.json")) as Lockfile;

describe("package.json", () => {
  it("has only exact versions", () => {
    const exact = /^(npm:(@[\w.-]+\/)?[\w.-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/;
    const all = { ...manifest.dependencies, ...manifest.devDependencies };
    expect(Object.entries(all).filter(([, version]) => !exact.test(version))).toEqual([]);
    expect(Object.keys(all).length).toBeGreaterThan(20);
  });

  it("names no package twice", () => {
    const both = Object.keys(manifest.dependencies).filter(
      (name) => name in manifest.devDependencies,
    );
    expect(both).toEqual([]);
  });

  it("has the version and the dependencies of package-lock.json", () => {
    const { dependencies, devDependencies } = lockfile.packages[""] ?? {};
    expect({ version: lockfile.version, dependencies, devDependencies }).toEqual({
      version: manifest.version,
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
  });
});

describe("package-lock.json", () => {
  it("has the digest of every package", () => {
    const without = Object.entries(lockfile.packages)
      .filter(([path, { integrity }]) => path !== "" && integrity === undefined)
      .map(([path]) => path);
    expect(without).toEqual([]);
  });
});
