import { servePlugin } from "../../runner/plugin/rpc/server";
import { standInPlugin } from "./plugin";

/** What the bundle runs. */
void servePlugin(standInPlugin(), process.argv.slice(2));
