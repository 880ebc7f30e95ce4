/** A module that fails to load. */
throw new RangeError("this module never loads");
