import { servePlugin } from "../../runner/plugin/server";
import { standInPlugin } from "./plugin";

/** What the bundle runs. */
void servePlugin(standInPlugin(), process.argv.slice(2));
