// A server's start takes its time on a machine that is busy; a promise that is kept late is kept.
jest.setTimeout(120_000);
