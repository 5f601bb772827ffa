/** When what was gathered in a turn of the event loop leaves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { instant } from '../base/time.ts';
import { Dispatcher } from './dispatcher.ts';
import { type Client, Exchange, type ExchangeService } from './exchange/exchange.ts';

let nowMs = 100;
const clock = { now: () => instant(nowMs), wall: () => assert.fail('nobody asks for it') };

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** An exchange that notes its name when it is sent on. */
function exchangeNamed(name: string, sent: string[], then: () => void = () => {}): Exchange {
  const exchange = new Exchange({} as Client, clock.now());
  const dispatch = (): void => {
    sent.push(name);
    then();
  };
  exchange.service = { dispatch } as Partial<ExchangeService> as ExchangeService;
  return exchange;
}

test('exchanges leave at the end of the turn, in order, those that are over not at all; tasks follow', async () => {
  const dispatcher = new Dispatcher(clock);
  const sent: string[] = [];
  dispatcher.later(() => sent.push('task'));
  dispatcher.add(exchangeNamed('first', sent));
  const over = exchangeNamed('over', sent);
  dispatcher.add(over);
  dispatcher.add(exchangeNamed('last', sent));
  over.isOver = true;
  assert.deepEqual(sent, []);
  await turn();
  assert.deepEqual(sent, ['first', 'last', 'task']);
});

test('what is added while others leave waits for the next turn', async () => {
  const dispatcher = new Dispatcher(clock);
  const sent: string[] = [];
  dispatcher.add(exchangeNamed('first', sent, () => dispatcher.add(exchangeNamed('second', sent))));
  dispatcher.later(() => dispatcher.later(() => sent.push('second task')));
  await turn();
  assert.deepEqual(sent, ['first']);
  await turn();
  assert.deepEqual(sent, ['first', 'second', 'second task']);
});

test('after a long turn the sockets are looked at once more, and only once', async () => {
  const dispatcher = new Dispatcher(clock);
  const sent: string[] = [];
  dispatcher.add(exchangeNamed('held', sent));
  nowMs += 6;
  await turn();
  assert.deepEqual(sent, [], 'one more look');
  nowMs += 1_000;
  await turn();
  assert.deepEqual(sent, ['held']);
});

test('a task that was scheduled by a timer that came late waits for a look at the sockets, too', async () => {
  const dispatcher = new Dispatcher(clock);
  const sent: string[] = [];
  dispatcher.later(() => sent.push('task'));
  nowMs += 6;
  await turn();
  assert.deepEqual(sent, []);
  await turn();
  assert.deepEqual(sent, ['task']);
});
