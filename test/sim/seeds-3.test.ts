import { seedsFrom, testSeeds } from './campaign.ts';

testSeeds(seedsFrom(251, 125));
