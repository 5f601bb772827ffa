/** Instances that a platform starts: pods of Kubernetes, machines of an Auto Scaling group. Sluice says how many, and which one goes. */
import * as z from 'zod';
import { choice, duration, text, whole } from './scalar.ts';
import { preset, section } from './section.ts';

const OBJECT_ALLOWED = "must be a name such as 'users', or with its namespace, 'shop/users'";
const DNS_LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
/** RFC 1123 labels; a Deployment's name may have dots. */
const OBJECT = new RegExp(`^(?:${DNS_LABEL}/)?${DNS_LABEL}(?:\\.${DNS_LABEL})*$`);

const object = text('a name', 320).regex(OBJECT, OBJECT_ALLOWED);

/** Pods. */
export const kubernetesSchema = section("an object such as { deployment: 'shop/users', service: 'users' }", {
  deployment: object.optional().describe('A Deployment: `name`, or `namespace/name`. The namespace is `default` unless given.'),
  statefulSet: object.optional().describe('The same for a StatefulSet.'),
  service: text('a name', 253)
    .regex(new RegExp(`^${DNS_LABEL}$`), "must be a Service's name")
    .describe('Service of the same namespace, whose EndpointSlices list the pods.'),
  port: z
    .union([whole(1, 65_535), text('a name', 63)], { error: 'must be a port by number or name' })
    .optional()
    .describe('Port of the EndpointSlice, by number or name. Without it, its only one.'),
  kubeconfig: text('the path of a kubeconfig', 4_096)
    .meta({ 'x-range': 'path' })
    .optional()
    .describe("Kubeconfig. Without it, $KUBECONFIG, ~/.kube/config, or the pod's own account."),
  context: text('a context', 256).optional().describe('Context of the kubeconfig. Without it, its current one.'),
}).meta({
  id: 'Kubernetes',
  title: 'Kubernetes',
  description: 'Pods of a Deployment or a StatefulSet: exactly one of the two, and the Service that lists them.',
});

const URL_ALLOWED = "must be a URL such as 'https://autoscaling.eu-central-1.amazonaws.com'";

/** Machines of AWS. */
export const autoScalingGroupSchema = section("an object such as { name: 'users', port: 3000 }", {
  name: text('a name', 255).describe('The group.'),
  port: whole(1, 65_535).describe('Port of the instances.'),
  region: text('a region', 64)
    .regex(/^[a-z0-9-]+$/, "must be a region such as 'eu-central-1'")
    .optional()
    .describe("Region. Without it, the SDK's usual sources."),
  address: choice(['private', 'public']).default('private').describe('Which address of a machine is used.'),
  targetGroup: text('an ARN', 2_048)
    .regex(/^arn:[^\s]+$/, "must be an ARN such as 'arn:aws:elasticloadbalancing:…'")
    .optional()
    .describe("A target group whose health decides. Without it, the group's own."),
  endpoint: text('a URL', 2_048)
    .regex(/^https?:\/\/[^\s]+$/, URL_ALLOWED)
    .optional()
    .describe('Another endpoint of the API, for tests and private networks.'),
  poll: preset(duration('1s', '1h'), '5s').describe('Between two looks.'),
}).meta({ id: 'AutoScalingGroup', title: 'Auto Scaling group', description: 'Machines of an Auto Scaling group of AWS.' });
