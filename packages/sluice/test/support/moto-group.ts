/** An Auto Scaling group in moto with a target group, empty at first, and the contract's fixture over it. Its machines run nothing. */
import {
  AutoScalingClient,
  CreateAutoScalingGroupCommand,
  DescribeAutoScalingGroupsCommand,
  SetDesiredCapacityCommand,
  TerminateInstanceInAutoScalingGroupCommand,
  type AutoScalingGroup,
} from '@aws-sdk/client-auto-scaling';
import {
  CreateLaunchTemplateCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  DescribeSubnetsCommand,
  EC2Client,
  DescribeVpcsCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateTargetGroupCommand,
  DeregisterTargetsCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import type { FleetServicePlan } from '../../src/config/fleet-plan.ts';
import type { EndpointPlan } from '../../src/config/plan.ts';
import { asgRunner } from '../../src/control/fleet/asg-runner.ts';
import type { RunnerFixture } from '../../src/control/fleet/runner.contract.ts';
import { groupService } from './group-service.ts';
import type { Moto } from './moto.ts';

const GROUP = 'users';
/** The SDK's own chain reads them; moto takes any. */
const CREDENTIALS = { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test-key-of-nobody', AWS_EC2_METADATA_DISABLED: 'true' };

export interface GroupBounds {
  readonly min: number;
  readonly max: number;
  /** It has a target group. */
  readonly hasTargets?: boolean;
}

export class MotoGroup implements AsyncDisposable {
  readonly moto: Moto;
  readonly #autoScaling: AutoScalingClient;
  readonly #ec2: EC2Client;
  readonly #balancing: ElasticLoadBalancingV2Client;
  #targetGroupArn: string | null = null;

  private constructor(moto: Moto) {
    Object.assign(process.env, CREDENTIALS);
    this.moto = moto;
    const options = { region: 'us-east-1', endpoint: moto.relay.url };
    this.#autoScaling = new AutoScalingClient(options);
    this.#ec2 = new EC2Client(options);
    this.#balancing = new ElasticLoadBalancingV2Client(options);
  }

  static async create(moto: Moto, bounds: GroupBounds = { min: 0, max: 10 }): Promise<MotoGroup> {
    await moto.reset();
    const group = new MotoGroup(moto);
    if (bounds.hasTargets === true) {
      const vpc = (await group.#ec2.send(new DescribeVpcsCommand({}))).Vpcs![0]!.VpcId!;
      const made = await group.#balancing.send(new CreateTargetGroupCommand({ Name: 'users', Protocol: 'HTTP', Port: 8080, VpcId: vpc }));
      group.#targetGroupArn = made.TargetGroups![0]!.TargetGroupArn!;
    }
    const subnets = (await group.#ec2.send(new DescribeSubnetsCommand({}))).Subnets!.slice(0, 2).map(({ SubnetId }) => SubnetId);
    const image = (await group.#ec2.send(new DescribeImagesCommand({}))).Images![0]!.ImageId!;
    await group.#ec2.send(
      new CreateLaunchTemplateCommand({ LaunchTemplateName: 'users', LaunchTemplateData: { ImageId: image, InstanceType: 't3.micro' } }),
    );
    await group.#autoScaling.send(
      new CreateAutoScalingGroupCommand({
        AutoScalingGroupName: GROUP,
        LaunchTemplate: { LaunchTemplateName: 'users', Version: '1' },
        MinSize: bounds.min,
        MaxSize: bounds.max,
        DesiredCapacity: bounds.min,
        VPCZoneIdentifier: subnets.join(','),
        ...(group.#targetGroupArn === null ? {} : { TargetGroupARNs: [group.#targetGroupArn] }),
      }),
    );
    return group;
  }

  get service(): FleetServicePlan {
    return groupService({
      runner: 'aws-asg',
      group: GROUP,
      region: 'us-east-1',
      port: 8080,
      address: 'private',
      targetGroupArn: this.#targetGroupArn,
      endpoint: this.moto.relay.url,
      pollMs: 200,
    });
  }

  /** The target group does not list it any more. */
  async deregister(machine: string): Promise<void> {
    await this.#balancing.send(new DeregisterTargetsCommand({ TargetGroupArn: this.#targetGroupArn!, Targets: [{ Id: machine }] }));
  }

  async describe(): Promise<AutoScalingGroup> {
    const reply = await this.#autoScaling.send(new DescribeAutoScalingGroupsCommand({ AutoScalingGroupNames: [GROUP] }));
    return reply.AutoScalingGroups![0]!;
  }

  async running(): Promise<readonly string[]> {
    return ((await this.describe()).Instances ?? []).map(({ InstanceId }) => InstanceId!);
  }

  /** As a person, or another program, does. */
  async setDesired(desired: number): Promise<void> {
    await this.#autoScaling.send(
      new SetDesiredCapacityCommand({ AutoScalingGroupName: GROUP, DesiredCapacity: desired, HonorCooldown: false }),
    );
  }

  /** The contract's fixture over it. */
  fixture(): RunnerFixture {
    const { relay } = this.moto;
    return {
      service: this.service,
      versions: [{ name: '1', run: this.service.run }],
      runner: (world) => asgRunner(world),
      running: () => this.running(),
      kill: async (instance) => {
        const input = { InstanceId: instance.handle!, ShouldDecrementDesiredCapacity: false };
        await this.#autoScaling.send(new TerminateInstanceInAutoScalingGroupCommand(input));
      },
      engine: { away: async () => relay.away(), back: async () => relay.back() },
      ask: (endpoint) => this.#isRunning(endpoint),
      cannot: { versions: 'the group starts what its launch template says', stop: 'machines are the platform’s: Sluice’s end leaves them' },
      stepMs: 10_000,
      [Symbol.asyncDispose]: () => this[Symbol.asyncDispose](),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#autoScaling.destroy();
    this.#ec2.destroy();
    this.#balancing.destroy();
    await this.moto.reset();
  }

  /** Nothing listens on moto's machines: that the address is one of a running machine is all that can be asked. */
  async #isRunning({ target }: EndpointPlan): Promise<boolean> {
    const host = target.kind === 'tcp' ? target.host : '';
    const input = { Filters: [{ Name: 'private-ip-address', Values: [host] }] };
    const reply = await this.#ec2.send(new DescribeInstancesCommand(input));
    return (reply.Reservations ?? []).some(({ Instances = [] }) => Instances.some(({ State }) => State?.Name === 'running'));
  }
}
