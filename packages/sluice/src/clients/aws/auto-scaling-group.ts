/**
 * One Auto Scaling group: how many it is to have, within which bounds, and its machines with their life, address and health. Reads three APIs
 * (Auto Scaling, EC2, ELBv2), writes two numbers. Names are those of the AWS API references.
 */
import type { AutoScalingGroup as GroupDescription } from '@aws-sdk/client-auto-scaling';
import type { Instance } from '@aws-sdk/client-ec2';
import type { AwsAsgRunPlan } from '../../config/fleet-plan.ts';
import { AwsFault, awsFault } from './aws-fault.ts';
import { CALL_TIMEOUT_MS, type AwsClients } from './aws-clients.ts';
import { machineView, type MachineView } from './machine-view.ts';

export interface AsgView {
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly machines: readonly MachineView[];
}

/** DescribeInstances takes 1,000 ids; fewer make answers that are read sooner. */
const IDS_PER_CALL = 200;

export class AutoScalingGroup implements Disposable {
  readonly #clients: AwsClients;
  readonly #plan: AwsAsgRunPlan;
  readonly #closing = new AbortController();

  constructor(clients: AwsClients, plan: AwsAsgRunPlan) {
    this.#clients = clients;
    this.#plan = plan;
  }

  /** @throws {AwsFault} */
  async look(): Promise<AsgView> {
    const group = await this.#describe();
    const ids = (group.Instances ?? []).map(({ InstanceId }) => InstanceId!);
    const [machines, targets] = await Promise.all([this.#machines(ids), this.#targetStates()]);
    const { port, address } = this.#plan;
    const views = (group.Instances ?? []).map((instance) =>
      machineView({
        instance,
        machine: machines.get(instance.InstanceId!),
        target: targets?.get(instance.InstanceId!) ?? null,
        hasTargets: targets !== null,
        port,
        address,
      }),
    );
    return { desired: group.DesiredCapacity ?? 0, min: group.MinSize ?? 0, max: group.MaxSize ?? 0, machines: views };
  }

  /** Makes `to` out of `from`. @returns Whether it has `to` now; false: it had neither. */
  async resize(from: number, to: number): Promise<boolean> {
    const group = await this.#describe();
    if (group.DesiredCapacity === to) return true;
    if (group.DesiredCapacity !== from) return false;
    if (to > group.MaxSize! || to < group.MinSize!)
      throw new AwsFault('bound', `${to} is outside of the group's ${group.MinSize}..${group.MaxSize}`);
    const { autoScaling, autoScalingCommands } = this.#clients;
    const input = { AutoScalingGroupName: this.#plan.group, DesiredCapacity: to, HonorCooldown: false };
    await this.#call((options) => autoScaling.send(new autoScalingCommands.SetDesiredCapacityCommand(input), options));
    return true;
  }

  /** Ends machines, each making the number smaller by one. Those that end already are passed over. */
  async terminate(ids: readonly string[]): Promise<void> {
    const { autoScaling, autoScalingCommands } = this.#clients;
    const there = new Map(
      ((await this.#describe()).Instances ?? []).map((instance) => [instance.InstanceId!, instance.LifecycleState ?? '']),
    );
    for (const id of ids) {
      const state = there.get(id);
      if (state === undefined || state.startsWith('Terminat')) continue;
      const input = { InstanceId: id, ShouldDecrementDesiredCapacity: true };
      await this.#call((options) => autoScaling.send(new autoScalingCommands.TerminateInstanceInAutoScalingGroupCommand(input), options));
    }
  }

  [Symbol.dispose](): void {
    this.#closing.abort();
    this.#clients[Symbol.dispose]();
  }

  async #describe(): Promise<GroupDescription> {
    const { autoScaling, autoScalingCommands } = this.#clients;
    const input = { AutoScalingGroupNames: [this.#plan.group] };
    const reply = await this.#call((options) => autoScaling.send(new autoScalingCommands.DescribeAutoScalingGroupsCommand(input), options));
    const group = reply.AutoScalingGroups?.[0];
    if (group === undefined)
      throw new AwsFault(
        'refused',
        `there is no Auto Scaling group ${this.#plan.group} in this region: create it; Sluice scales, it does not create`,
      );
    return group;
  }

  /** By id. One that EC2 does not know yet, right after its launch, is left out. */
  async #machines(ids: readonly string[]): Promise<ReadonlyMap<string, Instance>> {
    const { ec2, ec2Commands } = this.#clients;
    const found = new Map<string, Instance>();
    for (let start = 0; start < ids.length; start += IDS_PER_CALL) {
      // A filter, not `InstanceIds`: that fails as a whole when one of them is not known.
      const input = { Filters: [{ Name: 'instance-id', Values: ids.slice(start, start + IDS_PER_CALL) }] };
      const reply = await this.#call((options) => ec2.send(new ec2Commands.DescribeInstancesCommand(input), options));
      for (const { Instances = [] } of reply.Reservations ?? [])
        for (const instance of Instances) found.set(instance.InstanceId!, instance);
    }
    return found;
  }

  /** Health by machine id; null without a target group. */
  async #targetStates(): Promise<ReadonlyMap<string, { readonly state: string; readonly reason: string }> | null> {
    const { balancing } = this.#clients;
    const { targetGroupArn } = this.#plan;
    if (balancing === null || targetGroupArn === null) return null;
    const reply = await this.#call((options) =>
      balancing.client.send(new balancing.commands.DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }), options),
    );
    return new Map(
      (reply.TargetHealthDescriptions ?? []).map(({ Target, TargetHealth }) => [
        Target?.Id ?? '',
        { state: TargetHealth?.State ?? 'unavailable', reason: TargetHealth?.Description ?? TargetHealth?.Reason ?? '' },
      ]),
    );
  }

  async #call<Reply>(send: (options: { abortSignal: AbortSignal }) => Promise<Reply>): Promise<Reply> {
    try {
      return await send({ abortSignal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]) });
    } catch (error) {
      throw awsFault(error);
    }
  }
}
