import assert from 'node:assert/strict';
import { test } from 'node:test';
import { topWorld } from '../../test/support/top-world.ts';
import type { Key } from './top-keys.ts';
import { memberRows, serviceRows, SORTS } from './top-rows.ts';
import { chosenService, FIRST_STATE, pressed, type TopState } from './top-state.ts';
import { EMPTY_WORLD, heard } from './top-world.ts';

const WORLD = topWorld(1_000_000);

function press(state: TopState, ...keys: readonly Key[]): TopState {
  return keys.reduce((before, key) => pressed(before, key, WORLD), state);
}

test('the busiest service is chosen first, and arrows stay within the list', () => {
  const order = serviceRows(WORLD, 'rps').map(({ name }) => name);
  assert.deepEqual(order, ['shop', 'checkout', 'search-with-a-name-that-is-long', 'reports']);
  assert.equal(chosenService(FIRST_STATE, WORLD), 'shop');
  assert.equal(press(FIRST_STATE, 'up').service, 'shop');
  assert.equal(press(FIRST_STATE, 'down', 'down').service, order[2]);
  assert.equal(press(FIRST_STATE, 'page-down').service, 'reports');
  assert.equal(press(FIRST_STATE, 'last', 'first').service, 'shop');
});

test('a choice is of a service, not of a line: sorting moves it along', () => {
  const state = press(FIRST_STATE, 'down', 'sort', 'sort', 'sort', 'sort');
  assert.deepEqual([state.sort, state.service], ['name', 'checkout']);
  assert.equal(press(state, 'down').service, 'reports');
  assert.equal(press(state, 'sort').sort, 'rps');
});

test('each order puts the largest first', () => {
  const firsts = SORTS.map((sort) => serviceRows(WORLD, sort)[0]!.name);
  assert.deepEqual(firsts, ['shop', 'search-with-a-name-that-is-long', 'search-with-a-name-that-is-long', 'shop', 'checkout']);
});

test('enter opens the page of the chosen service, arrows scroll it within its members, back leaves it', () => {
  const page = press(FIRST_STATE, 'open');
  assert.deepEqual([page.page, page.service, page.scroll], ['service', 'shop', 0]);
  assert.equal(press(page, 'down', 'down', 'down', 'down').scroll, 2);
  assert.equal(press(page, 'up').scroll, 0);
  const left = press(page, 'down', 'back');
  assert.deepEqual([left.page, left.service, left.scroll], ['services', 'shop', 0]);
});

test('pause holds what is shown, and a second one lets it go on', () => {
  const held = pressed(FIRST_STATE, 'pause', WORLD);
  const later = topWorld(2_000_000, 'orders');
  assert.equal(held.held, WORLD);
  // Choosing goes by what is seen.
  assert.equal(pressed(held, 'down', later).service, 'checkout');
  assert.equal(pressed(held, 'pause', later).held, null);
});

test('any key ends the help, and does nothing else', () => {
  assert.deepEqual(press(FIRST_STATE, 'help', 'down'), FIRST_STATE);
});

test('a chosen service that has gone leaves the choice to the first; none at all is no choice', () => {
  assert.equal(chosenService({ ...FIRST_STATE, service: 'gone' }, WORLD), 'shop');
  assert.equal(chosenService(FIRST_STATE, EMPTY_WORLD), null);
  assert.deepEqual(pressed(FIRST_STATE, 'open', EMPTY_WORLD), FIRST_STATE);
  assert.deepEqual(pressed(FIRST_STATE, 'down', EMPTY_WORLD), FIRST_STATE);
});

test('an instance that is ready shows how its endpoint fares; endpoints that traffic does not know yet are listed by the Status', () => {
  assert.deepEqual(
    memberRows(WORLD, 'shop').map(({ name, state }) => [name, state]),
    [
      ['shop.1', 'ready'],
      ['shop.2', 'ejected'],
      ['shop.3', 'waiting'],
    ],
  );
  const quiet = heard(
    WORLD,
    'traffic',
    JSON.stringify({ ...WORLD.traffic, services: { reports: { ...WORLD.traffic!.services['reports'], endpoints: {} } } }),
    0,
  );
  assert.deepEqual(
    memberRows(quiet, 'reports').map(({ name, state, rate }) => [name, state, rate]),
    [['10.0.4.2:80', 'down', null]],
  );
});
