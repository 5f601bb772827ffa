/** How `bodyLimit` is written: `{ bodyLimit: '10MiB' }`, or with its name. */
import * as z from 'zod';
import type { BodyLimitPlan } from '../../filters/body-limit-plan.ts';
import { size } from '../scalar.ts';
import { preset, section } from '../section.ts';

const max = size('0B', '1024GiB');

const options = section("a size such as '10MiB'", {
  max: preset(max, '1MiB').describe('How much content a request may have. More is answered 413, as soon as it is known.'),
}).meta({ id: 'BodyLimitFilter', title: 'Body limit', description: "Bounds the size of requests' content." });

export const bodyLimitSchema = z
  .union([max.transform((bytes) => ({ max: bytes })), options], { error: "must be a size such as '10MiB'" })
  .transform(({ max: bytesMax }): BodyLimitPlan => ({ bytesMax }));
