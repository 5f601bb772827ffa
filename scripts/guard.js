// Plain JavaScript on purpose: it must parse on any Node. Every npm script runs it first, so that a machine on which the pinned
// runtime is missing (npm ci --ignore-scripts, or install scripts not allowed) gets one line and not a syntax error.
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `sluice: needs Node.js 24 or newer, this is ${process.versions.node} at ${process.execPath}.\n` +
      'The pinned Node.js of this repository is missing: run "npm ci" without --ignore-scripts (package.json allows the script of "node").\n',
  );
  process.exit(1);
}
