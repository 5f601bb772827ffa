/**
 * Clients of the AWS SDK v3 for one region. The packages are optional peers, loaded here when a plan asks for them. Credentials come from the SDK's
 * own chain (environment, profile, container, instance role) and never pass our hands. Retries are ours: one loop that knows what it waits for.
 */
import type * as AutoScaling from '@aws-sdk/client-auto-scaling';
import type * as Ec2 from '@aws-sdk/client-ec2';
import type * as Balancing from '@aws-sdk/client-elastic-load-balancing-v2';
import { AwsFault } from './aws-fault.ts';

export interface AwsClients extends Disposable {
  readonly autoScaling: AutoScaling.AutoScalingClient;
  readonly autoScalingCommands: typeof AutoScaling;
  readonly ec2: Ec2.EC2Client;
  readonly ec2Commands: typeof Ec2;
  /** Null without a target group: the package is not needed then. */
  readonly balancing: {
    readonly client: Balancing.ElasticLoadBalancingV2Client;
    readonly commands: typeof Balancing;
  } | null;
}

export interface AwsClientsOptions {
  /** Null: the SDK's own ($AWS_REGION, the profile). */
  readonly region: string | null;
  readonly endpoint: string | null;
  readonly needsBalancing: boolean;
}

/** For one call, the connection included. */
export const CALL_TIMEOUT_MS = 10_000;

/** @throws {AwsFault} of kind `setup` where a package is missing. */
export async function loadAwsClients({ region, endpoint, needsBalancing }: AwsClientsOptions): Promise<AwsClients> {
  const options = { ...(region === null ? {} : { region }), ...(endpoint === null ? {} : { endpoint }), maxAttempts: 1 };
  const autoScalingCommands = await load('@aws-sdk/client-auto-scaling', () => import('@aws-sdk/client-auto-scaling'));
  const ec2Commands = await load('@aws-sdk/client-ec2', () => import('@aws-sdk/client-ec2'));
  const commands = needsBalancing
    ? await load('@aws-sdk/client-elastic-load-balancing-v2', () => import('@aws-sdk/client-elastic-load-balancing-v2'))
    : null;
  const autoScaling = new autoScalingCommands.AutoScalingClient(options);
  const ec2 = new ec2Commands.EC2Client(options);
  const balancing = commands === null ? null : { client: new commands.ElasticLoadBalancingV2Client(options), commands };
  return {
    autoScaling,
    autoScalingCommands,
    ec2,
    ec2Commands,
    balancing,
    [Symbol.dispose]() {
      autoScaling.destroy();
      ec2.destroy();
      balancing?.client.destroy();
    },
  };
}

async function load<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch (error) {
    throw new AwsFault('setup', `runner "aws-asg" needs the package ${name}: npm install ${name}`, { cause: error });
  }
}
