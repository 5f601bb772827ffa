/** The short block that says what runs and where, once, when a gateway has started. */
import { formatAddress } from '../config/address.ts';
import type { FleetPlan, FleetServicePlan } from '../config/fleet-plan.ts';
import type { AddressPlan, ListenerPlan, Plan, ServicePlan } from '../config/plan.ts';
import { protocolOf } from '../observe/status-builder.ts';
import { styled } from './console.ts';

export interface BannerFacts {
  readonly version: string;
  /** The configuration's file or the command. */
  readonly source: string;
  readonly plan: Plan | null;
  /** What of the plan's services Sluice itself runs. */
  readonly fleet: FleetPlan;
  readonly admin: AddressPlan | null;
}

/** Services that are listed one by one. */
const SERVICES_SHOWN_MAX = 12;

export function printBanner(facts: BannerFacts): void {
  process.stdout.write(`${bannerLines(facts).join('\n')}\n`);
}

/** The block's lines. */
export function bannerLines({ version, source, plan, fleet, admin }: BannerFacts): readonly string[] {
  if (plan === null) return [];
  const workers = `${plan.workers} ${plan.workers === 1 ? 'worker' : 'workers'}`;
  const lines = [`${styled('bold', `sluice ${version}`)}  ${styled('dim', `${source}, ${workers}`)}`];
  for (const listener of plan.listeners) lines.push(entry('listener', listener.name, styled('cyan', placeOf(listener))));
  const runs = new Map(fleet.services.map((service) => [service.service, service] as const));
  for (const service of plan.services.slice(0, SERVICES_SHOWN_MAX)) {
    const run = runs.get(service.name);
    const who = run === undefined ? countEndpoints(service) : countInstances(run);
    lines.push(entry('service', service.name, `${who}, ${service.balance.algorithm}`));
  }
  const more = plan.services.length - SERVICES_SHOWN_MAX;
  if (more > 0) lines.push(entry('', '', `and ${more} more services`));
  lines.push(entry('admin', '', admin === null ? 'off' : styled('cyan', urlOf(admin))));
  return lines;
}

function countEndpoints({ endpoints }: ServicePlan): string {
  return endpoints.length === 0 ? 'no endpoints yet' : `${endpoints.length} ${endpoints.length === 1 ? 'endpoint' : 'endpoints'}`;
}

const RUNNERS = { process: '', container: ' (container)', kubernetes: ' (kubernetes)', 'aws-asg': ' (aws-asg)' } as const;

/** `1–4 instances (container)`. */
function countInstances({ run, replicas: { min, max } }: FleetServicePlan): string {
  const count = min === max ? String(min) : `${min}–${max}`;
  return `${count} ${max === 1 ? 'instance' : 'instances'}${RUNNERS[run.runner]}`;
}

function entry(what: string, name: string, value: string): string {
  return `  ${what.padEnd(9)} ${name === '' ? '' : `${name.padEnd(10)} `}${value}`;
}

/** Where a listener listens, and for what. */
function placeOf(listener: ListenerPlan): string {
  switch (listener.kind) {
    case 'http':
      return urlOf(listener.address, listener.tls === null ? 'http' : 'https');
    case 'stream':
      return `${protocolOf(listener)} ${formatAddress(listener.address)}${byWhom(listener)}`;
    case 'datagram':
      return `udp ${formatAddress(listener.address)}${byWhom(listener)}`;
    case 'forward':
      return `${protocolOf(listener)} ${formatAddress(listener.address)}`;
  }
}

function byWhom({ engine }: { readonly engine: 'user' | 'kernel' }): string {
  return engine === 'kernel' ? ' in the kernel' : '';
}

/** Something to click on: every interface is `localhost` for who sits at the machine. */
export function urlOf(address: AddressPlan, scheme: 'http' | 'https' = 'http'): string {
  if (address.kind === 'unix') return formatAddress(address);
  const isWildcard = address.host === '::' || address.host === '0.0.0.0';
  return `${scheme}://${isWildcard ? `localhost:${address.port}` : formatAddress(address)}`;
}
