import { seedsFrom, testSeeds } from './campaign.ts';

testSeeds(seedsFrom(126, 125));
