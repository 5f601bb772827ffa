/** An observing plane of a program that does nothing. */
import { ObservePlane } from '../../src/cli/observe-plane.ts';

export function fakeObserve(): ObservePlane {
  return new ObservePlane(() => {});
}
