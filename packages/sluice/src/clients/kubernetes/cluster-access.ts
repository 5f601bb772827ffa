/**
 * Where the API server is and how we show who we are: `KubeConfig` of `@kubernetes/client-node` (kubeconfig files, exec plugins, tokens that rotate, a
 * pod's own account). Only that part of the library is used: its generated clients know one version of each API, we speak two of some.
 * It is an optional peer, 260 ms and 62 MB, so it is loaded here, when a plan asks for Kubernetes.
 */
import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { KubernetesFault } from './kubernetes-fault.ts';

const POD_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

export interface ClusterAccess {
  readonly server: URL;
  /** Adds credentials, authorities and an agent. Asked for every request: tokens expire. */
  authorize(options: RequestOptions): Promise<void>;
}

/**
 * @param kubeconfig A file; null: $KUBECONFIG, ~/.kube/config, or the pod's own account.
 * @param context One of the file's; null: its current one.
 * @throws {KubernetesFault} of kind `setup`.
 */
export async function loadClusterAccess(kubeconfig: string | null, context: string | null): Promise<ClusterAccess> {
  const { KubeConfig } = await import('@kubernetes/client-node').catch((error: unknown) => {
    throw new KubernetesFault(
      'setup',
      'runner "kubernetes" needs the package @kubernetes/client-node: npm install @kubernetes/client-node',
      { cause: error },
    );
  });
  const config = new KubeConfig();
  try {
    if (kubeconfig === null) config.loadFromDefault();
    else if (existsSync(kubeconfig)) config.loadFromFile(kubeconfig);
    else throw new Error('there is no such file');
  } catch (error) {
    throw new KubernetesFault('setup', `kubeconfig ${kubeconfig ?? 'of this user'}: ${(error as Error).message}`, { cause: error });
  }
  if (kubeconfig === null && isMadeUp(config.getCurrentCluster())) throw new KubernetesFault('setup', nothingFound());
  if (context !== null) {
    if (config.getContextObject(context) === null)
      throw new KubernetesFault('setup', `kubeconfig has no context ${JSON.stringify(context)}`);
    config.setCurrentContext(context);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new KubernetesFault('setup', `kubeconfig ${kubeconfig ?? 'of this user'} names no current cluster`);
  return { server: serverUrl(cluster.server), authorize: (options) => config.applyToHTTPSOptions(options) };
}

/** Where it finds nothing, the library says that there is a server at localhost:8080, as kubectl once did. */
function isMadeUp(cluster: { readonly name: string; readonly server: string } | null): boolean {
  return cluster?.name === 'cluster' && cluster.server === 'http://localhost:8080';
}

function nothingFound(): string {
  const variable = process.env['KUBECONFIG'] ? `$KUBECONFIG (${process.env['KUBECONFIG']})` : '$KUBECONFIG (not set)';
  const places = `${variable}, ${join(homedir(), '.kube/config')} and a pod's own account (${POD_ACCOUNT})`;
  return `no kubeconfig was found: looked at ${places}; set run.kubernetes.kubeconfig or $KUBECONFIG, or run Sluice in a pod`;
}

function serverUrl(text: string): URL {
  if (!URL.canParse(text)) throw new KubernetesFault('setup', `kubeconfig names a cluster that is no URL: ${JSON.stringify(text)}`);
  return new URL(text);
}
