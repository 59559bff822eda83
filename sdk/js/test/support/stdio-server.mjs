// SPDX-License-Identifier: MIT
// The reference server as a child process: node stdio-server.mjs LINE plain|factory
import { LINES } from './lines.mjs';
import { buildServer } from './reference.mjs';

const line = await LINES[process.argv[2]]();
if (process.argv[3] === 'factory') line.serveStdio(() => buildServer(line, {}));
else await buildServer(line, {}).connect(new line.StdioServerTransport());
