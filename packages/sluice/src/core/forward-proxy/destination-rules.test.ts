import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAuthority } from './authority.ts';
import { type DestinationRule, DestinationRules, type DestinationRulesPlan } from './destination-rules.ts';
import { ipRange } from './ip-range.ts';
import { hasHop } from './via.ts';

const hosts = (...names: readonly string[]): DestinationRule => ({ hosts: names, ports: null });

function rules(plan: Partial<DestinationRulesPlan>): DestinationRules {
  return new DestinationRules({ allow: [], deny: [], allowPrivate: [], ...plan });
}

function verdict(of: DestinationRules, text: string, isConnect = true): string {
  return of.host(parseAuthority(text, 80)!, isConnect);
}

test('nothing is allowed unless a rule says so', () => {
  assert.equal(verdict(rules({}), 'example.com:443'), 'denied-host');
});

test('a name is itself, a wildcard everything below it at any depth, and neither is the other', () => {
  const some = rules({ allow: [hosts('api.example.com', '*.eu.example')] });
  const allowed = ['api.example.com:443', 'API.example.com.:443', 'a.eu.example:443', 'b.a.eu.example:443'];
  const denied = [
    'example.com:443',
    'x.api.example.com:443',
    'eu.example:443',
    'xeu.example:443',
    'a.eu.example.evil.test:443',
    'xapi.example.com:443',
  ];
  for (const text of allowed) assert.equal(verdict(some, text), 'allowed', text);
  for (const text of denied) assert.equal(verdict(some, text), 'denied-host', text);
});

test('ports are 443 for tunnels, also 80 for requests, unless the rule names others', () => {
  const usual = rules({ allow: [hosts('a.test')] });
  assert.equal(verdict(usual, 'a.test:443'), 'allowed');
  assert.equal(verdict(usual, 'a.test:80'), 'denied-port');
  assert.equal(verdict(usual, 'a.test:80', false), 'allowed');
  assert.equal(verdict(usual, 'a.test:22'), 'denied-port');
  const own = rules({ allow: [{ hosts: ['a.test'], ports: [[8_000, 8_099]] }] });
  assert.equal(verdict(own, 'a.test:8099'), 'allowed');
  assert.equal(verdict(own, 'a.test:8100'), 'denied-port');
  assert.equal(verdict(own, 'a.test:443'), 'denied-port');
});

test('deny wins, at the ports that it names', () => {
  const some = rules({ allow: [hosts('*')], deny: [hosts('*.evil.test'), { hosts: ['a.test'], ports: [[443, 443]] }] });
  assert.equal(verdict(some, 'x.evil.test:443'), 'denied-host');
  assert.equal(verdict(some, 'a.test:443'), 'denied-host');
  assert.equal(verdict(some, 'a.test:80', false), 'allowed');
});

test('an address that a client asks for needs a rule for addresses', () => {
  const some = rules({ allow: [hosts('9.9.9.0/24', '2620:fe::/48', '*.9')] });
  assert.equal(verdict(some, '9.9.9.9:443'), 'allowed');
  assert.equal(verdict(some, '9.9.10.9:443'), 'denied-host');
  assert.equal(verdict(some, '[2620:fe::fe]:443'), 'allowed');
  assert.equal(verdict(some, '[::ffff:9.9.9.9]:443'), 'allowed');
  assert.equal(verdict(rules({ allow: [hosts('*.com')] }), '9.9.9.9:443'), 'denied-host');
});

test('of the addresses that a name has, those that are not public are left out', () => {
  const open = rules({ allow: [hosts('*')] });
  assert.deepEqual(open.addresses(['8.8.8.8', '10.0.0.1', '9.9.9.9'], 443), {
    usable: ['8.8.8.8', '9.9.9.9'],
    left: { address: '10.0.0.1', why: 'private' },
  });
  assert.deepEqual(open.addresses(['::ffff:127.0.0.1', 'fd00::1'], 443), {
    usable: [],
    left: { address: '::ffff:127.0.0.1', why: 'loopback' },
  });
});

test('deny also holds for the addresses that a name has', () => {
  const some = rules({ allow: [hosts('*')], deny: [hosts('8.8.8.0/24'), { hosts: ['9.9.9.9'], ports: [[25, 25]] }] });
  assert.deepEqual(some.addresses(['8.8.8.8'], 443), { usable: [], left: { address: '8.8.8.8', why: 'denied' } });
  assert.deepEqual(some.addresses(['9.9.9.9'], 443).usable, ['9.9.9.9']);
  assert.deepEqual(some.addresses(['9.9.9.9'], 25).usable, []);
});

test('deny also holds for IPv6 addresses that carry a denied one to a translator', () => {
  const some = rules({ allow: [hosts('*')], deny: [hosts('8.8.8.0/24')] });
  const carriers = ['64:ff9b::8.8.8.8', '::ffff:8.8.8.8', '2002:808:808::1', '2001:0:909:909:0:0:f7f7:f7f7', '2606:4700::5efe:8.8.8.8'];
  for (const address of carriers) {
    assert.deepEqual(some.addresses([address], 443), { usable: [], left: { address, why: 'denied' } });
    assert.equal(rules({ allow: [hosts('*')] }).addresses([address], 443).usable.length, 1, address);
  }
  assert.equal(some.addresses(['64:ff9b::8.8.9.8'], 443).usable.length, 1);
});

test('allowPrivate lets its range through, metadata services only by name', () => {
  const some = rules({ allow: [hosts('*')], allowPrivate: ['10.1.0.0/16', '169.254.0.0/16', 'fd00::/8'] });
  assert.deepEqual(some.addresses(['10.1.2.3', '10.2.0.1', '169.254.1.1', '169.254.169.254', 'fd00::1', 'fd00:ec2::254'], 443).usable, [
    '10.1.2.3',
    '169.254.1.1',
    'fd00::1',
  ]);
  const named = rules({ allow: [hosts('*')], allowPrivate: ['169.254.169.254/32'] });
  assert.deepEqual(named.addresses(['169.254.169.254'], 80).usable, ['169.254.169.254']);
});

test('a translated address is not let through by a range of IPv4', () => {
  const some = rules({ allow: [hosts('*')], allowPrivate: ['10.0.0.0/8'] });
  assert.deepEqual(
    some.addresses(['64:ff9b::10.0.0.1', '2002:a00:1::1', '::ffff:10.0.0.1'], 443).usable,
    ['10.0.0.1'],
    'and is written as what it is',
  );
});

test('ranges hold at every bit', () => {
  const has = (range: string, address: string): boolean => ipRange(range)!.has(ipRange(address)!.bytes);
  assert.ok(has('10.128.0.0/9', '10.255.0.1') && !has('10.128.0.0/9', '10.127.255.255'));
  assert.ok(has('::ffff:10.0.0.0/104', '10.1.1.1') && !has('::ffff:10.0.0.0/104', '11.0.0.0'));
  assert.ok(has('0.0.0.0/0', '255.1.1.1') && !has('0.0.0.0/0', '::1'));
  assert.ok(has('2001:db8::/33', '2001:db8:7fff::') && !has('2001:db8::/33', '2001:db8:8000::'));
  for (const text of ['10.0.0.0/33', '::/129', '10.0.0/8', 'a/8', '10.0.0.0/', '10.0.0.0/-1', '::ffff:10.0.0.0/64'])
    assert.equal(ipRange(text), null, text);
});

test('a hop is known by its name in Via, whatever else stands there', () => {
  assert.ok(hasHop('1.1 sluice-forward', 'sluice-forward'));
  assert.ok(hasHop('1.0 fred, HTTP/1.1 Sluice-Forward (a comment), 1.1 p', 'sluice-forward'));
  for (const via of ['', '1.1 sluice-forward-2', '1.1 x (sluice-forward)', 'sluice-forward'])
    assert.ok(!hasHop(via, 'sluice-forward'), via);
});
