/** Options of `basic`: whose passwords let in. */
export interface BasicPlan {
  /** With those of `files`, once these are read; each name once. */
  readonly users: readonly PasswordUser[];
  /** How many of `users`, the first, stand in the configuration itself: what comes out of the files is read again when they change. */
  readonly usersWritten: number;
  /** In the manner of htpasswd: `name:hash` by line. */
  readonly files: readonly string[];
  readonly realm: string;
  /** Header of the request to the service that says who it is; null: none. */
  readonly userHeader: string | null;
  /** Whether the service sees the password. */
  readonly forwardsCredentials: boolean;
}

export interface PasswordUser {
  readonly name: string;
  /** `$scrypt$…` or `$argon2id$…`. */
  readonly hash: string;
}
