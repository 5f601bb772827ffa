/** Where a data-plane thread begins: what it is made of (`worker.ts`) is read from the compile cache. Messages wait until that is there. */
import { useCompileCache } from '../io/compile-cache.ts';

useCompileCache();
await import('./worker.ts');
