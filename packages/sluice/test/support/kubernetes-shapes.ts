/** Objects as an API server shows them: the recorded shapes (`test/fixtures/kubernetes`) with other names, states and addresses. */
import { readFileSync } from 'node:fs';

/** Any object; tests set what they need. */
export interface Shape {
  metadata: {
    name: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string> | undefined;
  } & Record<string, unknown>;
  [part: string]: unknown;
}

export type ShapeName =
  | 'pod'
  | 'deployment'
  | 'scale'
  | 'endpointslice-v1'
  | 'endpointslice-v1beta1'
  | 'version-1.20'
  | 'version-1.34'
  | 'discovery-v1'
  | 'discovery-v1beta1'
  | 'status-404'
  | 'status-409'
  | 'status-410';

export function shape(name: ShapeName): Shape {
  return JSON.parse(readFileSync(new URL(`../fixtures/kubernetes/${name}.json`, import.meta.url), 'utf8')) as Shape;
}

export interface PodFacts {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  readonly isReady: boolean;
  readonly isEnding: boolean;
  readonly annotations: Readonly<Record<string, string>>;
  /** In place of the recorded container's. */
  readonly container?: Readonly<Record<string, unknown>>;
}

export function podShape({ name, labels, createdAt, isReady, isEnding, annotations, container = {} }: PodFacts): Shape {
  const pod = shape('pod');
  const status = pod['status'] as { conditions: { type: string; status: string }[]; containerStatuses: object[]; phase: string };
  pod.metadata = {
    ...pod.metadata,
    name,
    labels: { ...labels },
    annotations: { ...annotations },
    creationTimestamp: createdAt.toISOString().replace(/\.\d+Z/, 'Z'),
    ...(isEnding ? { deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: 30 } : {}),
  };
  for (const condition of status.conditions) if (/Ready/.test(condition.type)) condition.status = isReady ? 'True' : 'False';
  status.containerStatuses = [{ ...status.containerStatuses[0], ready: isReady, ...container }];
  return pod;
}

export interface SliceFacts {
  readonly version: 'v1' | 'v1beta1';
  readonly port: number;
  readonly endpoints: readonly { readonly pod: string; readonly address: string; readonly isReady: boolean; readonly isEnding: boolean }[];
}

/** One slice with the ports `http` and `metrics`. */
export function sliceShape({ version, port, endpoints }: SliceFacts): Shape {
  const slice = shape(`endpointslice-${version}`);
  const [like] = slice['endpoints'] as Record<string, unknown>[];
  slice['endpoints'] = endpoints.map(({ pod, address, isReady, isEnding }) => {
    const modern = { serving: isReady, terminating: isEnding };
    const conditions = { ready: isReady && !isEnding, ...(version === 'v1' ? modern : {}) };
    return { ...like, addresses: [address], conditions, targetRef: { ...(like!['targetRef'] as object), name: pod } };
  });
  slice['ports'] = [
    { name: 'http', protocol: 'TCP', port },
    { name: 'metrics', protocol: 'TCP', port: 9090 },
  ];
  return slice;
}
