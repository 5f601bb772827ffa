/** What the live tail is filtered by. */
import { useComputed } from '@preact/signals';
import { status } from '../../store/store.ts';
import type { AccessFilter } from '../../view/access-line.ts';

const NAMES_OFFERED = 200;

interface AccessFiltersProps {
  readonly filters: Readonly<Record<AccessFilter, string>>;
  readonly onChange: (name: AccessFilter, value: string) => void;
}

const FIELDS: readonly (readonly [name: AccessFilter, label: string, placeholder: string])[] = [
  ['route', 'Route', 'any'],
  ['service', 'Service', 'any'],
  ['endpoint', 'Endpoint', 'host:port'],
  ['status', 'Status', '404 or 5xx'],
  ['q', 'Text in the line', 'any'],
];

export function AccessFilters({ filters, onChange }: AccessFiltersProps) {
  const names = useComputed(() => {
    const { routes = [], services = [] } = status.value ?? {};
    const endpoints = services.flatMap((service) => service.endpoints.map(({ address }) => address));
    return {
      route: offered(routes.map(({ name }) => name)),
      service: offered(services.map(({ name }) => name)),
      endpoint: offered(endpoints),
      status: ['2xx', '3xx', '4xx', '5xx', '404', '429', '502', '503', '504'],
      q: [],
    } satisfies Record<AccessFilter, readonly string[]>;
  });
  return (
    <form class="tools" onSubmit={(event) => event.preventDefault()}>
      {FIELDS.map(([name, label, placeholder]) => (
        <label key={name} class={`field ${name === 'q' ? 'grow' : 'short'}`}>
          {label}
          <input
            class="input"
            type="search"
            list={`filter-${name}`}
            value={filters[name]}
            placeholder={placeholder}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => onChange(name, currentTarget.value)}
          />
          <datalist id={`filter-${name}`}>
            {names.value[name].map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
        </label>
      ))}
    </form>
  );
}

function offered(names: readonly string[]): readonly string[] {
  return [...new Set(names)].slice(0, NAMES_OFFERED);
}
