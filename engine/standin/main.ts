import { servePlugin } from "../../runner/plugin/rpc/server";
import { STAND_IN_ANSWER } from "../pluginAnswer";
import { standInPlugin } from "./plugin";

/** What the bundle runs: the plugin, or its answer to the question what it is. */
const words = process.argv.slice(2);
if (words.includes("--version")) {
  process.stdout.write(`${STAND_IN_ANSWER}, for ${standInPlugin().version}\n`);
} else {
  void servePlugin(standInPlugin(), words);
}
