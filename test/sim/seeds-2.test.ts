import { seedsFrom, testSeeds } from './campaign.ts';

testSeeds(seedsFrom(51, 50));
