/** Instances that are containers, by the HTTP API of Docker or Podman. */
import * as z from 'zod';
import { choice, name, text, whole } from './scalar.ts';
import { named, preset, section } from './section.ts';

const VARIABLE_ALLOWED = 'must be a name of letters, digits and _, not starting with a digit';
const VALUE_ALLOWED = 'must be a text of at most 131072 characters without NUL, a number, true or false';

/** Environment variables. Numbers are taken as they are written: YAML has no quotes around them. Values may be secrets. */
export const variablesSchema = preset(
  named(
    "an object such as { NODE_ENV: 'production' }",
    z
      .string({ error: VARIABLE_ALLOWED })
      .max(256, VARIABLE_ALLOWED)
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, VARIABLE_ALLOWED),
    z
      .union(
        [
          z
            .string()
            .max(131_072, VALUE_ALLOWED)
            .regex(/^[^\0]*$/, VALUE_ALLOWED),
          z.number(),
          z.boolean(),
        ],
        { error: VALUE_ALLOWED },
      )
      .transform(String)
      .meta({ 'x-range': 'text' }),
  ),
  {},
);

/** A program and its arguments. */
export const commandSchema = z
  .array(text('text', 131_072, 0), { error: "must be a list: the program and its arguments, such as ['node', 'server.js']" })
  .min(1, 'must name a program')
  .max(1_024, 'must have at most 1024 parts')
  .refine((parts) => parts[0] !== '', { error: 'must name a program', path: [0] });

/** A user by name or number. */
export const userSchema = z.union(
  [
    whole(0, 4_294_967_294).transform(String),
    text('a user', 64).regex(/^[A-Za-z0-9_][A-Za-z0-9_.:-]*$/, 'must be the name or number of a user'),
  ],
  {
    error: 'must be the name or number of a user',
  },
);

const IMAGE_ALLOWED = "must be an image such as 'registry.example/users:1.4'";

/** One service's containers. */
export const containerSchema = section("an object such as { image: 'users:1.4', port: 3000 }", {
  image: text('an image', 512)
    .regex(/^[A-Za-z0-9][^\s]*$/, IMAGE_ALLOWED)
    .describe('Image, with its tag or digest.'),
  port: whole(1, 65_535).describe('Port inside the container. It also gets it as PORT.'),
  command: commandSchema.optional().describe("Program and arguments. Without it, the image's own."),
  env: variablesSchema.describe('Environment. May hold secrets: never shown.'),
  labels: preset(named('an object of labels', z.string().min(1).max(256), text('a label', 4_096, 0)), {}).describe(
    'Labels, besides those by which Sluice knows its own.',
  ),
  network: text('a network', 128)
    .regex(/^[A-Za-z0-9][\w.-]*$/, 'must be the name of a network')
    .optional()
    .describe("Network of the engine; `host` shares the machine's. Without it, the engine's own."),
  reach: choice(['published', 'address'])
    .default('published')
    .describe(
      "How Sluice reaches it: `published`, a port that the engine opens on 127.0.0.1; `address`, the container's own address, which is faster and which a rootless engine does not have.",
    ),
  engine: text('the socket of an engine', 1_024)
    .regex(/^unix:\/[^\s]+$/, "must be a socket such as 'unix:/run/docker.sock'")
    .optional()
    .describe("The engine's socket, `unix:/path`. Without it, $DOCKER_HOST, else where Docker or Podman usually have it."),
  user: userSchema.optional().describe("User inside the container. Without it, the image's own."),
  pull: choice(['missing', 'always', 'never']).default('missing').describe('When the image is fetched.'),
  ulimits: preset(named('an object such as { nofile: 20000 }', name(), whole(0, Number.MAX_SAFE_INTEGER)), {}).describe(
    'Ulimits by name, soft and hard alike.',
  ),
}).meta({ id: 'Container', title: 'Container', description: 'Instances that are containers, by the API of Docker or Podman.' });
