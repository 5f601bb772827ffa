/** Who waits for a fetch to show what comes of it: the client on whose request it goes, and those who asked for the same since. */
import type { FetchLeader } from './fetch-leader.ts';
import type { FetchFollower, Settlement } from './running-fetch.ts';

export class FetchAudience {
  private leader: FetchLeader | null;
  private followers: FetchFollower[] = [];
  private settlement: Settlement | null = null;

  /** @param leader Null: nobody waits yet. */
  constructor(leader: FetchLeader | null) {
    this.leader = leader;
    if (leader === null) return;
    leader.exchange.leaveQueue = () => {
      this.leader = null; // what comes may still be kept
    };
  }

  get isUndecided(): boolean {
    return this.settlement === null;
  }

  /** The client, while it waits. */
  get client(): FetchLeader['exchange'] | null {
    return this.leader?.exchange ?? null;
  }

  /** Whoever takes the leader gives it its reply. */
  takeLeader(): FetchLeader | null {
    const { leader } = this;
    this.leader = null;
    return leader;
  }

  follow(follower: FetchFollower): void {
    if (this.settlement !== null) follower.settled(this.settlement);
    else this.followers.push(follower);
  }

  unfollow(follower: FetchFollower): void {
    this.followers = this.followers.filter((each) => each !== follower);
  }

  /** Once. From now on nobody waits for it. */
  decide(settlement: Settlement): void {
    this.settlement = settlement;
  }

  /** Tells the followers what was decided. */
  tell(): void {
    const { followers, settlement } = this;
    this.followers = [];
    if (settlement !== null) for (const follower of followers) follower.settled(settlement);
  }
}
