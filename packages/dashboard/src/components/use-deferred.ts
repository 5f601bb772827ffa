/** A value that follows another once that has not changed for some time: what is typed, before it is searched for. */
import { useEffect, useState } from 'preact/hooks';

export function useDeferred<Value>(value: Value, ms: number): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
