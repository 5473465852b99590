import { servePlugin } from "./rpc/server";
import { directivePlugin } from "./index";

void servePlugin(directivePlugin, process.argv.slice(2));
