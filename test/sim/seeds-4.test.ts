import { seedsFrom, testSeeds } from './campaign.ts';

testSeeds(seedsFrom(376, 125));
