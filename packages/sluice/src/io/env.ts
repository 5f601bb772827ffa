/** `env`, for TypeScript configurations: reads the environment of this process. */
import { readVariable } from '../config/environment.ts';

/**
 * An environment variable.
 * @param fallback Used when the variable is not set or empty. Its type decides: a number or boolean is parsed.
 * @throws {TypeError} when it is not set and there is no default, or is not a number or boolean where the default is one.
 */
export function env(name: string): string;
export function env(name: string, fallback: string): string;
export function env(name: string, fallback: number): number;
export function env(name: string, fallback: boolean): boolean;
export function env(name: string, fallback?: string | number | boolean): string | number | boolean {
  return readVariable(process.env, name, fallback);
}
