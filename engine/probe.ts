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
  return new Promise((resolve) => {
    const socket = connect(target);
    const end = (isReached: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isReached);
    };
    // A name that no server resolves keeps the socket waiting without any timeout of its own.
    const timer = setTimeout(end, PROBE_SECONDS * 1000, false);
    socket.once("connect", () => {
      end(true);
    });
    socket.once("error", () => {
      end(false);
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
