import packageJson from "../../package.json";

/** This program's version, as package.json says it; recorded with every step that runs. */
export const RUNNER_VERSION: string = packageJson.version;
