/**
 * Stands between the SDK and moto. Makes right what moto 5.1 gets wrong (times without a zone, which the SDK refuses; a desired capacity above MaxSize,
 * which AWS refuses), and fails when a test wants it to: away, throttling, or an answer that is lost after the work was done.
 */
import { once } from 'node:events';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';

type Mood = 'well' | 'away' | 'throttling' | 'loses-answers';

const ZONELESS = />(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)</g;

export class MotoRelay implements AsyncDisposable {
  /** `Action` of each request that arrived, in order. */
  readonly actions: string[] = [];
  /** What a lost answer is limited to. */
  #losing = '';
  #mood: Mood = 'well';
  #max = Infinity;
  readonly #server: http.Server;
  readonly #target: number;

  private constructor(target: number) {
    this.#target = target;
    this.#server = http.createServer((request, reply) => void this.#pass(request, reply));
  }

  static async open(target: number): Promise<MotoRelay> {
    const relay = new MotoRelay(target);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  heal(): void {
    this.#mood = 'well';
    this.#max = Infinity;
    this.actions.length = 0;
  }

  away(): void {
    this.#mood = 'away';
    this.#server.closeAllConnections();
  }

  back(): void {
    this.#mood = 'well';
  }

  throttle(): void {
    this.#mood = 'throttling';
  }

  /** The next request of that action is done, and its answer is lost. */
  loseAnswer(action: string): void {
    this.#mood = 'loses-answers';
    this.#losing = action;
  }

  /** What SetDesiredCapacity is refused above. */
  holdTo(max: number): void {
    this.#max = max;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #pass(request: http.IncomingMessage, reply: http.ServerResponse): Promise<void> {
    if (this.#mood === 'away') return void request.socket.destroy();
    const parts: Buffer[] = [];
    for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const fields = new URLSearchParams(body);
    const action = fields.get('Action') ?? '';
    this.actions.push(action);
    if (this.#mood === 'throttling') return refuse(reply, 'Throttling', 'Rate exceeded');
    if (Number(fields.get('DesiredCapacity') ?? 0) > this.#max)
      return refuse(reply, 'ValidationError', `New SetDesiredCapacity value is above max value ${this.#max} for the AutoScalingGroup.`);
    const answer = await fetch(`http://127.0.0.1:${this.#target}${request.url}`, { method: 'POST', headers: plain(request.headers), body });
    const text = (await answer.text()).replace(ZONELESS, '>$1Z<');
    if (this.#mood === 'loses-answers' && action === this.#losing) {
      this.#mood = 'well';
      return void request.socket.destroy();
    }
    reply.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/xml' }).end(text);
  }
}

/** The signature names the service in its scope, which is how moto finds it. */
function plain({ authorization, 'content-type': type, 'x-amz-date': date, host }: http.IncomingHttpHeaders): Record<string, string> {
  const found = { authorization, 'content-type': type, 'x-amz-date': String(date ?? ''), 'x-forwarded-host': host };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Record<string, string>;
}

function refuse(reply: http.ServerResponse, code: string, message: string): void {
  const text = `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
  reply.writeHead(400, { 'content-type': 'text/xml' }).end(text);
}
