/** The reference page of the configuration as Markdown: one table for the file, one for each kind of object in it. */
import type { JsonSchema } from '../../packages/sluice/src/config/json-schema.ts';

interface Schema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-range'?: string;
}

type Definitions = Readonly<Record<string, Schema>>;

const INTRODUCTION = `# Configuration reference

<!-- Made from the schema by \`npm run docs\`. Change the descriptions in packages/sluice/src/config/schema. -->

The configuration is \`sluice.config.ts\` (with \`defineConfig\`), or the same shape as \`.mts\`, \`.js\`, \`.mjs\`, \`.yaml\`, \`.yml\` or \`.json\`. How to write one is in
the [guide](../guide/configuration.md). Unknown keys are faults. \`sluice check\` reports every fault at once; \`sluice schema\` prints the JSON Schema for editors.

| kind of value | how it is written |
| --- | --- |
| duration | a number with a unit: \`'250ms'\`, \`'5s'\`, \`'1h30m'\`; units \`ms\`, \`s\`, \`m\`, \`h\`, \`d\`. A bare number is a fault. |
| size | \`'512B'\`, \`'32KiB'\` (1,024), \`'1MB'\` (1,000,000); units \`B\`, \`kB\`, \`KB\`, \`KiB\`, \`MB\`, \`MiB\`, \`GB\`, \`GiB\` |
| share | a number 0..1, or a percentage: \`'20%'\` |
| address | \`'127.0.0.1:3001'\`, \`'[::1]:3001'\`, \`'app.internal:80'\`, \`'unix:/path'\`; for listeners also \`':8080'\` (every interface) |
| number or percentage of instances | \`2\`, or \`'25%'\` of those that there are |
| cron expression | five fields: minute, hour, day of month, month, day of week. \`'0 8 * * 1-5'\` is 8:00, Monday to Friday. |
| moment | a date and time with its offset: \`'2026-11-27T08:00:00+01:00'\` |
| name | at most 64 letters, digits, \`-\`, \`_\` and \`.\`, starting with a letter or digit |
`;

/** Makes the page. */
export function configurationPage(root: JsonSchema): string {
  const schema = root as Schema;
  const definitions = schema.$defs ?? {};
  const sections = reachable(schema).map((name) => section(name, definitions[name] ?? {}, definitions));
  return [`${INTRODUCTION}\n## The file\n\n${table(schema, definitions)}`, ...sections].join('\n');
}

/** Names of the definitions, in the order in which a reader meets them. */
function reachable(root: Schema): string[] {
  const found: string[] = [];
  const visit = (schema: Schema): void => {
    const name = referred(schema);
    if (name !== undefined && !found.includes(name)) {
      found.push(name);
      visit(root.$defs?.[name] ?? {});
    }
    const parts = [
      schema.items,
      schema.additionalProperties,
      ...(schema.anyOf ?? []),
      ...(schema.oneOf ?? []),
      ...Object.values(schema.properties ?? {}),
    ];
    for (const part of parts) if (part !== undefined && part !== false) visit(part);
  };
  visit(root);
  return found;
}

function section(name: string, schema: Schema, definitions: Definitions): string {
  return `## ${name}\n\n${schema.description ?? ''}\n\n${table(schema, definitions)}`;
}

function table(schema: Schema, definitions: Definitions): string {
  const rows = Object.entries(schema.properties ?? {}).map(([key, field]) => {
    const isRequired = schema.required?.includes(key) ?? false;
    return `| \`${key}\` | ${cell(typeText(field))} | ${isRequired ? 'required' : defaultText(field)} | ${cell(meaning(field, definitions))} |`;
  });
  return `| key | value | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

/** A field without words of its own is what it refers to. */
function meaning(field: Schema, definitions: Definitions): string {
  return field.description ?? definitions[referred(field) ?? '']?.description ?? '';
}

function referred(schema: Schema): string | undefined {
  return schema.$ref?.slice('#/$defs/'.length);
}

/** A pipe would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function defaultText(field: Schema): string {
  const value = field.default;
  if (value === undefined) return '';
  if (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
    return Array.isArray(value) || field.additionalProperties ? 'none' : 'as below';
  return `\`${cell(JSON.stringify(value).replaceAll('"', "'"))}\``;
}

function typeText(schema: Schema): string {
  const name = referred(schema);
  if (name !== undefined) return link(name);
  const forms = schema.anyOf ?? schema.oneOf;
  if (schema['x-range'] !== undefined) return schema['x-range'];
  if (forms !== undefined) return [...new Set(forms.map(typeText))].join(' or ');
  if (schema.const !== undefined) return `\`${JSON.stringify(schema.const).replaceAll('"', "'")}\``;
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  return plainType(schema);
}

function plainType(schema: Schema): string {
  switch (schema.type) {
    case 'array':
      return `list of ${schema.items === undefined ? 'anything' : typeText(schema.items)}`;
    case 'object': {
      if (schema.properties !== undefined) return objectText(schema.properties);
      return schema.additionalProperties ? `object of ${typeText(schema.additionalProperties)}` : 'object';
    }
    case 'integer':
      return `whole number ${bounds(schema)}`;
    case 'number':
      return `number ${bounds(schema)}`;
    case 'boolean':
      return '`true`, `false`';
    default:
      return 'text';
  }
}

function objectText(properties: Readonly<Record<string, Schema>>): string {
  return `{ ${Object.entries(properties)
    .map(([key, value]) => `${key}: ${typeText(value)}`)
    .join(', ')} }`;
}

function bounds(schema: Schema): string {
  return `${schema.minimum?.toLocaleString('en') ?? ''}..${schema.maximum?.toLocaleString('en') ?? ''}`;
}

function link(name: string): string {
  return `[${name}](#${name.toLowerCase()})`;
}
