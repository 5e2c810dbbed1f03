import { randomInt } from "node:crypto";

const ADJECTIVES =
  "able agile amber ample azure brave brisk calm clear coastal crisp deep eager early fair fleet fresh golden grand hardy high keen light lively lucky mighty noble polished proud quick quiet ready rugged salty sharp silver smooth snug sound steady sturdy sunny swift tidal trim true trusty upright warm wise".split(
    " ",
  );
const SHIPS =
  "argosy barge bark barque brig caravel carrack catboat clipper cog coracle corvette cruiser cutter dhow dinghy dory dromon ferry frigate galleon galley gig hulk junk kayak ketch launch longship lugger lighter packet pinnace pram proa punt raft schooner scow shallop skiff sloop smack tender trawler trimaran tug wherry xebec yawl".split(
    " ",
  );

/** A name for a container that was given none. */
export function randomName(): string {
  return `${ADJECTIVES[randomInt(ADJECTIVES.length)]}_${SHIPS[randomInt(SHIPS.length)]}`;
}
