import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { adminWorld, trafficSnapshot } from '../../test/support/admin-app.ts';
import { liveStream } from './live-stream.ts';
import { liveText } from './live-texts.ts';

test('a text is made once for each second and topic; who has no snapshot yet has one of his own', () => {
  const [first, second] = [trafficSnapshot(1, 1), trafficSnapshot(1, 2)];
  const asked: string[] = [];
  const told = [first, first, second, null, null].flatMap((at, index) =>
    (['alerts', 'status'] as const).map((topic) => liveText(at, topic, () => (asked.push(`${index} ${topic}`), index))),
  );
  deepEqual(asked, ['0 alerts', '0 status', '2 alerts', '2 status', '3 alerts', '3 status', '4 alerts', '4 status']);
  deepEqual(told.slice(0, 4), [
    'event: alerts\ndata: 0\n\n',
    'event: status\ndata: 0\n\n',
    'event: alerts\ndata: 0\n\n',
    'event: status\ndata: 0\n\n',
  ]);
});

test('viewers of the same second share what it is made of: one Status, one list of alerts', async () => {
  const { backend } = adminWorld();
  const snapshots = [trafficSnapshot(3, 1), trafficSnapshot(3, 2)];
  const asked = { status: 0, alerts: 0 };
  const counted = {
    ...backend,
    status: () => (asked.status++, backend.status()),
    observe: {
      ...backend.observe,
      alerts: { ...backend.observe.alerts, list: () => (asked.alerts++, []) },
      traffic: { ...backend.observe.traffic, follow: () => each(snapshots) },
    },
  };
  const end = new AbortController();
  const viewers = Array.from({ length: 5 }, () => liveStream(counted, new Set(['traffic', 'alerts', 'status']), null, end.signal));
  const seen = await Promise.all(viewers.map(async (viewer) => events(viewer, snapshots.at(-1)!.revision)));
  end.abort();
  deepEqual(new Set(seen), new Set(['status alerts traffic status traffic']));
  // At the start each asks by itself; then once for both seconds' alerts, and for the second's Status.
  deepEqual(asked, { status: 5 + 1, alerts: 5 + 2 });
});

/** One after the other, when the last was read. */
async function* each<Item>(items: readonly Item[]): AsyncGenerator<Item> {
  for (const item of items) {
    await new Promise(setImmediate);
    yield item;
  }
}

/** Names of events until the traffic of this revision. */
async function events(viewer: AsyncIterable<string>, until: number): Promise<string> {
  const names: string[] = [];
  for await (const text of viewer) {
    names.push(...Array.from(text.matchAll(/^event: (\w+)/gm), ([, name]) => name!));
    if (text.includes(`"revision":${until}`) && text.includes('event: traffic')) break;
  }
  return names.join(' ');
}
