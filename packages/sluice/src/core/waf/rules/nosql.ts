/** Operators and code of document databases where a value was to be. */
import { DOLLAR, QUOTE } from '../character-classes.ts';
import { IN_HEADER, IN_NAME, IN_USER_AGENT, IN_VALUES, rule, type WafRule } from '../rule.ts';

const WHERE = IN_VALUES | IN_NAME | IN_USER_AGENT | IN_HEADER;

export const NOSQL_RULES: readonly WafRule[] = [
  rule({
    id: 4211,
    category: 'nosql',
    targets: IN_NAME,
    needs: DOLLAR,
    description: "An operator of MongoDB as a parameter's name",
    words: ['$'],
    pattern:
      '(?:^|\\[|\\.)\\$(?:ne|eq|gte?|lte?|n?in|regex|where|exists|or|and|nor|not|expr|function|elemmatch|jsonschema|comment|mod|type|all|accumulator|lookup)\\]?(?:\\[|$)',
    matches: ['password[$ne]', 'user[$gt]', '$where', 'a.$regex', 'x[$in][0]'],
    misses: ['$ref', '$schema', '$filter', '$top', 'price$', '$expand'],
  }),
  rule({
    id: 4212,
    category: 'nosql',
    targets: WHERE,
    needs: DOLLAR,
    description: 'An operator of MongoDB in a value',
    words: ['$ne', '$gt', '$lt', '$where', '$regex', '$in', '$nin', '$exists', '$or', '$expr'],
    pattern: '^[^{]{0,200}\\{ *["\']?\\$(?:ne|gte?|lte?|where|regex|n?in|exists|or|expr)["\']? *:',
    matches: ['{"$gt":""}', "{$where: 'sleep(1000)'}", "{ '$ne': null }"],
    misses: ['costs {$5}', 'const { $or } = x'],
  }),
  rule({
    id: 4213,
    category: 'nosql',
    targets: WHERE,
    needs: QUOTE,
    description: "A quote, then JavaScript of MongoDB's $where",
    words: ['this.', 'return', 'sleep('],
    pattern: `^[^'"]*['"][ )}\\]]*(?:\\|\\||&&|;)[ (!]*(?:this\\.[a-z_]+ *(?:[=!<>]|\\.match|\\[)|return *(?:\\(|true|this|1)|sleep *\\(|while *\\()`,
    matches: ["a' || this.password.match(/.*/)//", "'; return true; var x='", "' && this.user == 'admin", "';sleep(5000);'"],
    misses: ["it's this. And that", "don't; return it"],
  }),
];
