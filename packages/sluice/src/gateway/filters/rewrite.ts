/** The path that the service is asked for. Filters that follow see it in `pass.target`; the log keeps what the client asked for. */
import { prefixOf, rewritePath } from '../../core/filters/path-rewrite.ts';
import { linearReplacer } from '../../core/filters/replacing-regex.ts';
import { type FilterModule, PASS } from './filter.ts';

export const filter: FilterModule<'rewrite'> = {
  create(plan) {
    const replace = plan.regex === null ? null : linearReplacer(plan.regex.source, plan.regex.replacement);
    const { stripPrefixes, tellsPrefix } = plan;
    const isForAll = replace !== null || plan.replacePath !== null || plan.addPrefix !== '';
    return {
      onRequest(pass) {
        const mark = pass.target === null ? -1 : pass.target.indexOf('?');
        const path = pass.target === null ? pass.view.path : mark < 0 ? pass.target : pass.target.slice(0, mark);
        if (path === '*') return PASS; // OPTIONS of the server itself
        const prefix = prefixOf(path, stripPrefixes);
        if (prefix === '' && !isForAll) return PASS;
        const made = rewritePath(path, prefix, plan, replace);
        if (made === null) return pass.answer({ status: 400 });
        const query = pass.target === null ? pass.view.query : mark < 0 ? null : pass.target.slice(mark + 1);
        pass.target = query === null ? made : `${made}?${query}`;
        if (prefix !== '' && tellsPrefix) pass.setHeader('X-Forwarded-Prefix', prefix);
        return PASS;
      },
    };
  },
};
