// A process that makes or drops a clone and is killed by itself: node cloneProcess.cjs create|drop '<request as JSON>' POINT.
// POINT is the beginning of the progress at which it dies, `+MILLISECONDS` after it begins, or `end`.
"use strict";
require("tsx/cjs/api").register();
const { createDatabaseClone, dropDatabaseClone } = require("../../runner/clone/databaseClone.ts");

const [, , verb, request, point] = process.argv;
const die = () => process.kill(process.pid, "SIGKILL");

async function main() {
  const onProgress = (message) => {
    if (message.startsWith(point)) {
      die();
    }
  };
  if (point.startsWith("+")) {
    setTimeout(die, Number(point.slice(1)));
  }
  await (verb === "create" ? createDatabaseClone : dropDatabaseClone)(JSON.parse(request), {
    onProgress,
  });
  die();
}
void main();
