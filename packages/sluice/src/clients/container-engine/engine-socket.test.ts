import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findEngineSocket } from './engine-socket.ts';

const find = (engine: string | null, environment: Record<string, string>, ...sockets: string[]): string =>
  findEngineSocket(engine, { environment, exists: (path) => sockets.includes(path) });

test('what is configured wins over the environment, and that over what is there', () => {
  const docker = '/var/run/docker.sock';
  assert.equal(find('unix:/a.sock', { DOCKER_HOST: 'unix:///b.sock' }, docker), '/a.sock');
  assert.equal(find(null, { DOCKER_HOST: 'unix:///b.sock' }, docker), '/b.sock');
  assert.equal(find(null, { DOCKER_HOST: '' }, docker, '/run/podman/podman.sock'), docker);
  assert.equal(find(null, {}, '/run/podman/podman.sock'), '/run/podman/podman.sock');
  assert.equal(find(null, { XDG_RUNTIME_DIR: '/run/user/7' }, '/run/user/7/podman/podman.sock'), '/run/user/7/podman/podman.sock');
});

test('other ways to an engine are refused, and none at all may change', () => {
  assert.throws(() => find(null, { DOCKER_HOST: 'tcp://10.0.0.1:2376' }), {
    kind: 'setup',
    message: /^\$DOCKER_HOST is "tcp:.*only unix sockets/,
  });
  assert.throws(() => find(null, {}), { kind: 'away', message: /none of \/var\/run\/docker\.sock, \/run\/podman\/podman\.sock exists/ });
});
