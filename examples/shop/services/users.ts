/** Who shops here. */
import { serve } from '../serve.ts';

const USERS = ['Ada', 'Barbara', 'Edsger', 'Grace', 'Ken'].map((name, index) => ({ id: index + 1, name }));

serve('users', (path) => (path === '' || path === '/' ? USERS : (USERS.find(({ id }) => path === `/${id}`) ?? null)));
