import { connect } from "node:net";

/** How long a download host has to take a connection before it counts as out of reach. */
const PROBE_SECONDS = 4;

/**
 * Whether an HTTPS host takes a connection within 4 seconds: a closed network's missing names and dropped packets are
 * found here instead of in a downloader's minutes of patience.
 *
 * Behind an HTTPS proxy the proxy is asked for instead: the downloaders reach the host through it.
 */
export async function answers(
  host: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<boolean> {
  const proxy = environment["HTTPS_PROXY"] ?? environment["https_proxy"] ?? "";
  const target = proxyAddress(proxy) ?? { host, port: 443 };
  return (await connectProblem(target.host, target.port, PROBE_SECONDS)) === undefined;
}

/** Why nothing takes a connection there within so many seconds; undefined where something does. */
export function connectProblem(
  host: string,
  port: number,
  seconds: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (problem?: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(problem);
    };
    // A name that no server resolves keeps the socket waiting without any timeout of its own.
    const timer = setTimeout(end, seconds * 1000, `no answer within ${String(seconds)} s`);
    socket.once("connect", () => {
      end();
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      end(error.code ?? error.message);
    });
  });
}

function proxyAddress(proxy: string): { host: string; port: number } | undefined {
  try {
    const url = new URL(proxy);
    return { host: url.hostname, port: Number(url.port === "" ? 80 : url.port) };
  } catch {
    return undefined;
  }
}
