/**
 * What the reporter costs a request, in CPU time, best of several rounds in turns: `node packages/kit/src/load/load-reporter.bench.ts`.
 * The life of a reply is played on Node's own ServerResponse without a socket.
 */
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { loadReporter } from './load-reporter.ts';

const REPLIES = 20_000;
const ROUNDS = 12;
const request = new IncomingMessage(new Socket());
const reporter = loadReporter();
const nothing = (): void => {};

function life(response: ServerResponse): void {
  response.setHeader('content-type', 'text/plain');
  response.writeHead(200);
  response.emit('close');
}

function reportedLife(response: ServerResponse): void {
  reporter.middleware(request, response, nothing);
  life(response);
}

function nanoseconds(handle: (response: ServerResponse) => void): number {
  const responses = Array.from({ length: REPLIES }, () => new ServerResponse(request));
  const start = process.cpuUsage();
  for (const response of responses) handle(response);
  return (process.cpuUsage(start).user * 1000) / REPLIES;
}

let bare = Infinity;
let reported = Infinity;
for (let round = 0; round < ROUNDS; round++) {
  bare = Math.min(bare, nanoseconds(life));
  reported = Math.min(reported, nanoseconds(reportedLife));
}
console.log(`${bare.toFixed(0)} ns bare, ${reported.toFixed(0)} ns with the reporter: ${(reported - bare).toFixed(0)} ns per request`);
reporter.close();
