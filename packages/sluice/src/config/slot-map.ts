/** Rows in the shared tables by name: handed out by the control plane (`core/balancing` and `observe` hold the tables). */

/** Where each named thing has its row in the shared tables. Slots of what stays never change. */
export interface SlotMap {
  readonly listeners: Readonly<Record<string, number>>;
  readonly routes: Readonly<Record<string, number>>;
  readonly services: Readonly<Record<string, number>>;
  /** Service name, then endpoint address. */
  readonly endpoints: Readonly<Record<string, Readonly<Record<string, number>>>>;
}
