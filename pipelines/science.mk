# Does the software find what is known? Full and Count between two GRUs of a
# counting task: Full transfers, Count only between Multi-Object GRUs.

SCIENCE_M := $(call pairs,$M,$M,$(WITHIN))
SCIENCE_S := $(call pairs,$S,$S,$(WITHIN))

SCIENCE := \
    $(call each-mas,$(SCIENCE_M),full full) \
    $(call each-mas,$(SCIENCE_M),count count) \
    $(call each-mas,$(SCIENCE_S),full full) \
    $(call each-mas,$(SCIENCE_S),count count)

SCIENCE_RSA := $(call rsa,$M-s1,$M-s2) $(call rsa,$M-s1,$S-s1) \
    $(call rsa,$S-s1,$S-s2)

$(eval $(call figure,science,$(SCIENCE),,,$(SCIENCE_RSA)))

.PHONY: test-science
test-science: science  ## align a Multi-Object and a Same-Object pair: numbers
	@cut -f 1-4,8,12-15 $(D)/science/science.tsv
