/** A module that does not load. */
throw new RangeError("this module never loads");
